"""From paths to plain documents: files, directories and archives; JSON and YAML; lists taken apart."""
