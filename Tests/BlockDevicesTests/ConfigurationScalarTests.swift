import BlockDevices
import Testing

@Suite struct ConfigurationScalarTests {
    /// PyYAML 6.0.1's `safe_load` gives these types.
    @Test(
        arguments: [
            ("8300", .integer), ("0700", .integer), ("0x83", .integer), ("-1", .integer), ("1:30", .integer),
            ("8e00", .string), ("8E02", .string), ("1e3", .string), ("7E1", .string), ("EF00", .string),
            ("09", .string),
            ("1.5", .float), (".5", .float), ("1.0e+3", .float), (".inf", .float), ("1.", .float),
            ("yes", .boolean), ("Off", .boolean), ("TRUE", .boolean), ("y", .string), ("tRue", .string),
            ("null", .null), ("~", .null), ("", .null), ("nULL", .string), ("100%", .string), ("8MiB", .string),
        ] as [(String, ConfigurationScalar.Kind)])
    func aPlainScalarHasTheTypePyYAMLGivesIt(text: String, kind: ConfigurationScalar.Kind) {
        #expect(ConfigurationScalar(plain: text).kind == kind)
    }

    @Test func quotesAndTagsDecideOverTheText() throws {
        let value = try ConfigurationValue(yaml: #"[8300, '8300', "no", !!str 12, !!int "12", no]"#)
        #expect(
            value.sequence?.map(\.scalar) == [
                ConfigurationScalar("8300", kind: .integer), ConfigurationScalar("8300"), ConfigurationScalar("no"),
                ConfigurationScalar("12"), ConfigurationScalar("12", kind: .integer),
                ConfigurationScalar("no", kind: .boolean),
            ])
    }

    @Test func valuesPrintAsPythonPrintsThem() throws {
        let value = try ConfigurationValue(yaml: #"{a: [x, "it's", 8, 1.5, yes, null], b: {c: "say \"it's\""}}"#)
        #expect(value.description == #"{'a': ['x', "it's", 8, 1.5, True, None], 'b': {'c': 'say "it\'s"'}}"#)
    }

    @Test func mergeKeysComeFirstAndExplicitKeysWin() throws {
        let value = try ConfigurationValue(
            yaml: """
                - &a {x: 1, y: 1}
                - &b {y: 2, z: 2}
                - {z: 3, <<: [*a, *b]}
                """)
        #expect(value.sequence?[2].description == "{'y': 1, 'z': 3, 'x': 1}")
    }
}
