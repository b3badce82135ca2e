"""What the tree promises about itself: layers, sizes, licences, migrations, documents."""
