import Foundation

/// One line on standard error.
func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// Text on standard output, written at once, so that lines of one text stay together in a pipe.
func printOutput(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
}
