export DIB_INSTALLTYPE_pip_and_virtualenv=${DIB_INSTALLTYPE_pip_and_virtualenv:-package}
# For hooks of elements, while dib-python is there.
export DIB_PYTHON_PIP=${DIB_PYTHON_PIP:-$DIB_PYTHON -m pip}
if [ "$DIB_PYTHON_VERSION" = 2 ]; then
    export DIB_PYTHON_VIRTUALENV=${DIB_PYTHON_VIRTUALENV:-$DIB_PYTHON -m virtualenv}
else
    export DIB_PYTHON_VIRTUALENV=${DIB_PYTHON_VIRTUALENV:-$DIB_PYTHON -m venv}
fi
