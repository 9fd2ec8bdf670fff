"""What all machines share: sizes, maintenance, processors, and the document that each is told."""
