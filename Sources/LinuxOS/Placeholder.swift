enum LinuxOSPlaceholder {}
