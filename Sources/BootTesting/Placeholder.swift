enum BootTestingPlaceholder {}
