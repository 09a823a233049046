enum PartitionTablesPlaceholder {}
