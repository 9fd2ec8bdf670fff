"""The machine side of the database pair, without root, servers or clouds."""
