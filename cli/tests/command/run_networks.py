"""run_networks.py FOLDER: the logits of exported networks, as one JSON object.

A network is a folder in FOLDER: network.py and network.safetensors for PyTorch, plain.onnx and folded.onnx for ONNX
Runtime, and the tensor `images` in images.safetensors. PyTorch saves its state dict beside them, as network.pt. The
object has an object for each network by its name, {"pytorch": [[...], ...], "plain": ..., "folded": ...}.
"""

import importlib.util
import json
import sys
from pathlib import Path

import onnxruntime
import torch
from safetensors.torch import load_file


def pytorch(folder, images):
    spec = importlib.util.spec_from_file_location("network", folder / "network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load(str(folder / "network.safetensors"))
    torch.save(model.state_dict(), folder / "network.pt")
    with torch.no_grad():
        return model(images).tolist()


def onnx(model, images):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"images": images.numpy()})[0].tolist()


def logits(folder):
    images = load_file(str(folder / "images.safetensors"))["images"]
    models = {name: onnx(folder / f"{name}.onnx", images) for name in ["plain", "folded"]}
    return {"pytorch": pytorch(folder, images), **models}


if len(sys.argv) != 2:
    sys.exit(__doc__)
folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/network.py"))
print(json.dumps({folder.name: logits(folder) for folder in folders}))
