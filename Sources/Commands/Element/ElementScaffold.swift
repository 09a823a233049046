import Basics
import Elements
import Foundation
import ImagePlanning
import SystemPackage

/// The files of a new element: small, but each of a kind that most elements have.
struct ElementScaffold {
    /// A file below the element's directory.
    struct File: Equatable {
        let path: String
        let text: String
        var isExecutable = false
    }

    let name: String
    let summary: String
    let operatingSystem: String

    /// `web-server` as `DIB_WEB_SERVER_GREETING`.
    private var variable: String { "DIB_" + name.uppercased().replacing("-", with: "_") + "_GREETING" }

    var files: [File] {
        [
            File(path: "README.rst", text: readme), File(path: ElementDescription.fileName, text: description),
            File(path: "element-deps", text: "package-installs\n"),
            File(path: "package-installs.yaml", text: "# Names of packages; 'pkg-map' has other names of them.\n{}\n"),
            File(path: "install.d/50-\(name)", text: hook, isExecutable: true),
            File(path: "test-elements/build-succeeds/README.rst", text: testReadme),
            File(path: "test-elements/build-succeeds/element-deps", text: operatingSystem + "\n"),
            File(
                path: "test-elements/build-succeeds/post-install.d/99-\(name)-test", text: testHook, isExecutable: true),
        ]
    }

    private var readme: String {
        let line = String(repeating: "=", count: name.count)
        return """
            \(line)
            \(name)
            \(line)

            \(summary)

            Phases
            ------

            ``install.d/50-\(name)``
                writes ``/etc/\(name)``

            Variables
            ---------

            ``\(variable)`` (default ``hello``)
                what the file says

            Examples
            --------

            ::

                disk-image-create -o image \(operatingSystem) vm \(name)

            """
    }

    private var description: String {
        """
        summary: \(Self.quoted(summary))
        phases: [install]
        variables:
          \(variable):
            summary: What /etc/\(name) says.
            type: string
            default: hello
        inputs: []

        """
    }

    private var hook: String {
        """
        #!/bin/bash
        # Writes a file, as an example of a hook that runs in the image.
        if [ "${DIB_DEBUG_TRACE:-0}" -gt 0 ]; then
            set -x
        fi
        set -eu
        set -o pipefail

        printf '%s\\n' "${\(variable):-hello}" > /etc/\(name)

        """
    }

    private var testReadme: String {
        """
        Builds \(operatingSystem) with \(name), and fails unless the file that it writes is in the image.

        """
    }

    private var testHook: String {
        """
        #!/bin/bash
        # Fails the build unless the element has done its work.
        if [ "${DIB_DEBUG_TRACE:-0}" -gt 0 ]; then
            set -x
        fi
        set -eu
        set -o pipefail

        grep -q hello /etc/\(name)

        """
    }

    /// A YAML scalar in double quotes, which every text can be put in.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Makes the directory with all files in it, or nothing: they are written beside it first.
    func write(to directory: FilePath) throws {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: directory.string) else {
            throw PlanError("'\(directory)' exists", hint: "choose another name, or remove it")
        }
        let beside = directory.removingLastComponent().appending(
            ".\(name).new-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            for file in files {
                let path = beside.appending(file.path)
                try manager.createDirectory(
                    atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: URL(filePath: path.string))
                try manager.setAttributes(
                    [.posixPermissions: file.isExecutable ? 0o755 : 0o644], ofItemAtPath: path.string)
            }
            try manager.moveItem(atPath: beside.string, toPath: directory.string)
        } catch {
            try? manager.removeItem(atPath: beside.string)
            throw PlanError("cannot make '\(directory)': \(error.localizedDescription)")
        }
    }
}
