"""run_onnx.py MODEL IMAGES.safetensors: the logits of an ONNX model as JSON, {"logits": [[...], ...]}.

The images are the tensor `images` of the file. The model is checked, run on all of them, and run on the first alone,
whose logits must be the same unless the model draws noise.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

if len(sys.argv) != 3:
    sys.exit(__doc__)
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
images = load_file(sys.argv[2])["images"]
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(logits,) = session.run(["logits"], {"images": images})
(alone,) = session.run(["logits"], {"images": images[:1]})
drawn = any(node.op_type == "RandomNormalLike" for node in model.graph.node)
if alone.shape != (1, logits.shape[1]) or not (drawn or np.allclose(alone[0], logits[0], rtol=1e-4, atol=1e-5)):
    sys.exit(f"the first image has the logits {alone.tolist()} alone and {logits[0].tolist()} in the batch")
print(json.dumps({"logits": logits.tolist()}))
