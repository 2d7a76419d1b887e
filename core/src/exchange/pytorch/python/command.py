def load(path):
    """Builds the network with the weights of a safetensors file, ready to predict."""
    from safetensors.torch import load_file

    model, tensors = network(), load_file(path)
    # A checkpoint holds the momentum of SGD too, and perhaps a head that serves the training alone.
    out = ("momentum.",) if hasattr(model, "auxiliary_head") else ("momentum.", "auxiliary_head.")
    model.load_state_dict({k: v for k, v in tensors.items() if not k.startswith(out)})
    return model.eval()


if __name__ == "__main__":
    from safetensors.torch import load_file

    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} WEIGHTS.safetensors IMAGES.safetensors")
    with torch.no_grad():
        logits = load(sys.argv[1])(load_file(sys.argv[2])["images"].float())
    print(json.dumps({"logits": logits.tolist()}))
