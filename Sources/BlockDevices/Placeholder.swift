enum BlockDevicesPlaceholder {}
