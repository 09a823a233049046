# Kinds of sources: source (a repository), pip (the package index), local (DIB_IPA_SOURCE), package (the distribution's).
if [ -n "${DIB_IPA_SOURCE:-}" ]; then
    export DIB_INSTALLTYPE_ironic_python_agent=local
fi
export DIB_INSTALLTYPE_ironic_python_agent=${DIB_INSTALLTYPE_ironic_python_agent:-${DIB_DEFAULT_INSTALLTYPE:-source}}
export DIB_IPA_SOURCE=${DIB_IPA_SOURCE:-}
export DIB_IPA_WHEELS=${DIB_IPA_WHEELS:-}
export DIB_IPA_VERSION=${DIB_IPA_VERSION:-}
export DIB_IPA_CONSTRAINTS=${DIB_IPA_CONSTRAINTS:-}
export DIB_IPA_CONFIG=${DIB_IPA_CONFIG:-}
export DIB_IPA_PYTHON=${DIB_IPA_PYTHON:-python3}
# A compiler for what comes as source; with wheels at hand there is nothing to compile.
if [ -n "$DIB_IPA_WHEELS" ] || [ "$DIB_INSTALLTYPE_ironic_python_agent" = package ]; then
    export DIB_IPA_BUILD_TOOLS=${DIB_IPA_BUILD_TOOLS:-0}
else
    export DIB_IPA_BUILD_TOOLS=${DIB_IPA_BUILD_TOOLS:-1}
fi
