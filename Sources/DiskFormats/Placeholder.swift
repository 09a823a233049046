enum DiskFormatsPlaceholder {}
