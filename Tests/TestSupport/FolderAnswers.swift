import Foundation
package import SystemPackage

extension WebServerDouble {
    /// A mirror for tests of downloads: the files of a folder, pages that list directories, dates, `If-Modified-Since`, 404.
    ///
    /// A file `NAME.first` is what the first request for `NAME` gets: a mirror that is not in step yet.
    package convenience init(folder: FilePath) throws {
        try self.init { Self.answer($0, from: folder) }
    }

    private static func answer(_ request: Request, from folder: FilePath) -> Answer {
        let manager = FileManager.default
        var file = folder.string + request.path
        if request.isFirst, manager.fileExists(atPath: file + ".first") { file += ".first" }
        var isDirectory: ObjCBool = false
        guard !request.path.contains("/../"), manager.fileExists(atPath: file, isDirectory: &isDirectory) else {
            return Answer("404 Not Found", body: Data("no such page".utf8))
        }
        if isDirectory.boolValue {
            let names = ((try? manager.contentsOfDirectory(atPath: file)) ?? []).sorted()
            let rows = names.map { "<a href=\"\($0)\">\($0.prefix(20))</a> <br>\n" }.joined()
            return Answer(body: Data("<html><body>\n\(rows)</body></html>\n".utf8))
        }
        let date = (try? manager.attributesOfItem(atPath: file)[.modificationDate]) as? Date ?? .distantPast
        let headers = ["Last-Modified: \(text(of: date))"]
        if request.head.contains("If-Modified-Since: \(text(of: date))\r\n") {
            return Answer("304 Not Modified", headers: headers)
        }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped) else {
            return Answer("403 Forbidden")
        }
        return Answer(headers: headers, body: data)
    }

    /// `Mon, 06 May 2024 07:08:09 GMT` (RFC 9110, 5.6.7).
    private static func text(of date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }
}
