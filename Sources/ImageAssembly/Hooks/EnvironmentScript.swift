/// The shell text that sources `environment.d` in the place where a phase runs, and hands the result back.
///
/// Sourcing needs bash itself: these files use arrays, `return`, `${BASH_SOURCE[0]}` and `+=`, once per phase
/// (compat-core 3.4, 4.3). What they print belongs to the log, so the result leaves on a descriptor of its own.
enum EnvironmentScript {
    /// Run as `bash -c text NAME FILE...`; the exported variables come out on stdout as `env -0` writes them.
    static let text = """
        set -eu -o pipefail
        exec 9>&1 1>&2
        ingot_environment_files=("$@")
        set --
        for ingot_environment_file in "${ingot_environment_files[@]}"; do
            echo "dib-run-parts Sourcing environment file $ingot_environment_file"
            set -o xtrace
            source "$ingot_environment_file"
            { set +o xtrace; } 2>/dev/null
        done
        exec env -0 >&9 9>&-
        """
}
