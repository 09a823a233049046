package import Basics
internal import CLinux
internal import Glibc
package import SystemPackage

extension TreeSurvey {
    /// Surveys the tree at `path` in one walk that stays on its filesystem.
    package static func walk(_ path: FilePath) throws(SystemError) -> TreeSurvey {
        var collector = SurveyCollector(rootLength: path.string.utf8.count)
        try withUnsafeMutablePointer(to: &collector) { collector throws(SystemError) in
            try TreeCall.run("measure", path) { ingot_survey_tree($0, collect, collector, $1, UInt($2)) }
        }
        return collector.survey
    }
}

private func collect(_ entry: UnsafePointer<ingot_survey_entry>, _ context: UnsafeMutableRawPointer?) {
    context?.assumingMemoryBound(to: SurveyCollector.self).pointee.receive(entry.pointee)
}

/// Makes a survey of what the walk tells.
///
/// Names are sorted by inode number, as cp(1) sorts them before it copies: the order decides how the blocks of a large
/// directory split.
private struct SurveyCollector {
    var survey = TreeSurvey()
    private let rootLength: Int
    /// Indexes of the directories the walk is in, outermost first.
    private var path: [Int] = []
    private var inodes: [[UInt64]] = []
    /// The directory of the inode told last, whose segments and attributes follow.
    private var current = 0
    private var isFirstAttribute = true

    init(rootLength: Int) { self.rootLength = rootLength }

    mutating func receive(_ entry: ingot_survey_entry) {
        switch entry.event {
        case INGOT_SURVEY_ENTER: enter(entry)
        case INGOT_SURVEY_LEAVE: leave()
        case INGOT_SURVEY_SEGMENT:
            let last = survey.directories[current].files.count - 1
            survey.directories[current].files[last].segments?.append(entry.offset..<entry.offset + entry.size)
        case INGOT_SURVEY_ATTRIBUTE: add(attribute: entry)
        default: add(entry)
        }
    }

    private mutating func enter(_ entry: ingot_survey_entry) {
        addName(of: entry)
        let full = entry.path.map { String(cString: $0) } ?? ""
        let inner = String(decoding: full.utf8.dropFirst(rootLength), as: UTF8.self)
        current = survey.directories.count
        isFirstAttribute = true
        path.append(current)
        inodes.append([])
        survey.directories.append(TreeSurvey.Directory(path: inner.isEmpty ? "/" : inner))
        survey.allocated = survey.allocated + ByteCount(entry.allocated)
    }

    private mutating func leave() {
        guard let index = path.popLast(), let numbers = inodes.popLast() else { return }
        let names = survey.directories[index].names
        survey.directories[index].names = names.indices.sorted { numbers[$0] < numbers[$1] }.map { names[$0] }
    }

    private mutating func add(_ entry: ingot_survey_entry) {
        guard let index = path.last else { return }
        addName(of: entry)
        guard entry.is_another_name == 0 else { return }
        current = index
        isFirstAttribute = true
        survey.allocated = survey.allocated + ByteCount(entry.allocated)
        switch entry.mode & S_IFMT {
        case S_IFREG:
            survey.directories[index].files.append(
                TreeSurvey.File(size: entry.size, segments: entry.has_holes == 0 ? nil : []))
        case S_IFLNK: survey.directories[index].linkTargets.append(entry.size)
        default: survey.directories[index].specialCount += 1
        }
    }

    private mutating func addName(of entry: ingot_survey_entry) {
        guard let index = path.last, let name = entry.name else { return }
        let bytes = UnsafeRawBufferPointer(start: name, count: Int(entry.name_length))
        survey.directories[index].names.append([UInt8](bytes))
        inodes[inodes.count - 1].append(entry.inode)
    }

    private mutating func add(attribute entry: ingot_survey_entry) {
        let attribute = TreeSurvey.Attribute(
            name: entry.name.map { String(cString: $0) } ?? "", length: entry.size,
            storedLength: UInt64(entry.stored))
        if isFirstAttribute { survey.directories[current].attributes.append([]) }
        isFirstAttribute = false
        let last = survey.directories[current].attributes.count - 1
        survey.directories[current].attributes[last].append(attribute)
    }
}
