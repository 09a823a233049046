import Foundation
package import SystemPackage

/// Places in the checkout that tests read: found from this file's own path.
package enum Checkout {
    package static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()
    package static let elements = root.appending("elements")
    package static let resources = root.appending("Resources")

    /// The program under test: beside the test bundle in the build folder.
    package static var ingot: FilePath {
        FilePath(Bundle.main.executablePath ?? "").removingLastComponent().appending("ingot")
    }
}
