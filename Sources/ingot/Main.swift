import Basics
import Commands
import Foundation

/// The program; which command it is depends on the name it was called by, see `Tool`.
@main
enum Main {
    static func main() async {
        let environment = Environment(ProcessInfo.processInfo.environment)
        exit(await Tool.run(CommandLine.arguments, environment: environment))
    }
}
