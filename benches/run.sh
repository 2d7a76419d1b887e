#!/usr/bin/env bash
# The whole comparison, ours on Vulkan and PyTorch on CUDA, from the folder that `cargo xtask bench --pack` has made. It
# needs an x86-64 Linux with an NVIDIA driver, and a Python with PyTorch: python3, or the one that LAMBDA_DARTS_PYTHON
# names. Without CUDA, PyTorch runs on the CPU; without an NVIDIA driver, ours on whatever Vulkan driver there is.
# Arguments go to side_by_side.py: --what train compares the step of a training; --help lists all.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${LAMBDA_DARTS_PYTHON:-python3}
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
gzip -dc "$here/lambda-darts.gz" >"$own/lambda-darts"
chmod +x "$own/lambda-darts"
# The Vulkan loader; and where containers have NVIDIA's libraries.
export LD_LIBRARY_PATH="$here/lib:${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/nvidia/lib64"

# Whether a GPU is found with a driver's manifest.
gpu_with() {
    local found
    found=$(VK_ICD_FILENAMES=$1 "$own/lambda-darts" devices 2>/dev/null) || return 1
    [[ $found =~ vulkan\ +[a-z]+\ gpu ]]
}

manifest() {
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' "$1"
}

# A driver that the user has named is taken.
if [[ -z ${VK_ICD_FILENAMES:-}${VK_DRIVER_FILES:-} ]]; then
    manifest libGLX_nvidia.so.0 >"$own/glx.json"
    # Needs no part of X, where a container has none.
    manifest libEGL_nvidia.so.0 >"$own/egl.json"
    for driver in /usr/share/vulkan/icd.d/nvidia_icd.json /etc/vulkan/icd.d/nvidia_icd.json \
        /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json "$own/glx.json" "$own/egl.json"; do
        if [[ -e $driver ]] && gpu_with "$driver"; then
            export VK_ICD_FILENAMES=$driver
            break
        fi
    done
    [[ -n ${VK_ICD_FILENAMES:-} ]] || echo "no NVIDIA GPU was found through Vulkan; taking the driver that there is" >&2
fi
echo "Vulkan driver: ${VK_ICD_FILENAMES:-${VK_DRIVER_FILES:-any}}"
"$own/lambda-darts" devices

"$python" "$here/side_by_side.py" --binary "$own/lambda-darts" --model "$here/model.py" --python "$python" \
    --device vulkan "$@"
