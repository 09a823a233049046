/// The files of a build's elements beside its hooks: libraries, programs, data, lists; and which of them a hook reads.
///
/// Paths are those below an element's directory (`bin/refresh-apt-lists`), which are those in the staged tree as well.
package struct SharedFiles: Sendable {
    package struct File: Hashable, Sendable {
        package let element: String
        package let path: String
        /// Of bytes, mode and link target.
        package let digest: String
        package let text: HookText

        package init(element: String, path: String, digest: String, text: HookText) {
            self.element = element
            self.path = path
            self.digest = digest
            self.text = text
        }

        package var topName: String { String(path.prefix { $0 != "/" }) }
        package var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    /// In the order of the elements, then of paths.
    package let files: [File]
    private let topNames: Set<String>

    package init(_ files: [File]) {
        self.files = files
        topNames = Set(files.map(\.topName))
    }

    /// What a hook can see of these: files whose bytes count, and texts whose variables count.
    package struct Reach: Sendable {
        package let files: [File]
        package let texts: [HookText]
    }

    /// Follows the text of a hook to the files that it mentions, and theirs to others.
    ///
    /// `pointers` are variables whose values lead into the staged tree: who names one of them can see it.
    package func reach(of hook: HookText, pointers: Set<String>) -> Reach {
        var read: Set<Int> = []
        var called: Set<Int> = []
        var texts = [hook]
        var queue = [hook]
        while let text = queue.popLast() {
            let now = indexes(readBy: text, pointers).subtracting(read)
            // A program of an element may be in the image by now: its bytes are in the layers below, its variables not.
            let programs = files.indices.filter { !called.contains($0) && text.calls(files[$0].fileName) }
            for index in now.union(programs) where read.union(called).contains(index) == false {
                texts.append(files[index].text)
                if !files[index].text.isOpaque { queue.append(files[index].text) }
            }
            read.formUnion(now)
            called.formUnion(programs)
        }
        return Reach(files: read.sorted().map { files[$0] }, texts: texts)
    }

    private func indexes(readBy text: HookText, _ pointers: Set<String>) -> Set<Int> {
        if text.isOpaque { return Set(files.indices) }
        guard text.seesElements || text.seesStagedTree || pointers.contains(where: text.names) else { return [] }
        let mentions = Dictionary(uniqueKeysWithValues: topNames.map { ($0, text.mention(of: $0)) })
        let readsData = text.readsElementData
        // It goes somewhere, but no name says where: it may go anywhere.
        if !readsData, mentions.values.allSatisfy({ $0 == .none }) { return Set(files.indices) }
        return Set(
            files.indices.filter { index in
                let file = files[index]
                if readsData, HookText.dataNames.contains(file.topName) { return true }
                switch mentions[file.topName] ?? .none {
                case .whole: return true
                case .paths(let paths): return paths.contains { file.path == $0 || file.path.hasPrefix($0 + "/") }
                case .none: return false
                }
            })
    }
}
