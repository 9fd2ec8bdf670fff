"""What a stack file may say: frozen models, one module per section, and the rules between them. No Pulumi here."""
