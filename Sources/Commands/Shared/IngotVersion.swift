/// The version of the program; `--version` of every name prints it.
enum IngotVersion {
    static let text = "0.1.0"
}
