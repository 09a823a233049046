package import SystemPackage

extension ElementDescription {
    /// Reads the description in an element's directory; nothing if there is none.
    ///
    /// Keys that nobody knows are passed over; anything else that is wrong is an error with file, line and key.
    package static func load(of element: FilePath) throws(ElementError) -> ElementDescription? {
        guard let reader = try reader(of: element) else { return nil }
        if let problem = reader.firstError { throw .badDescription(problem) }
        return reader.description
    }

    /// The reader that has gone over the file; nothing if there is none.
    package static func reader(of element: FilePath) throws(ElementError) -> ElementDescriptionReader? {
        let path = element.appending(fileName)
        guard let text = try TextFile.text(of: path) else { return nil }
        return ElementDescriptionReader(parsing: text, named: path.string)
    }
}

extension ElementDescriptions {
    /// Reads the descriptions of these elements, in their order.
    ///
    /// Upstream's commands build with an element whose file of that name is something else altogether, so for them
    /// (`isLenient`) a broken one is only reported.
    package static func load(
        _ elements: [Element], isLenient: Bool = false
    ) throws(ElementError) -> ElementDescriptions {
        var found: [(element: ElementName, description: ElementDescription)] = []
        var problems: [ElementDescriptionProblem] = []
        for element in elements {
            guard let reader = try ElementDescription.reader(of: element.path) else { continue }
            if let problem = reader.firstError {
                guard isLenient else { throw .badDescription(problem) }
                problems.append(problem)
            } else {
                found.append((element.name, reader.description))
            }
        }
        return ElementDescriptions(found, problems: problems)
    }
}
