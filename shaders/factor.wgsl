// The factor of a mask, put before kernels that apply one. A drop path has a factor for each image. Dropout has one for
// each number, by its place in [batch, channels, height, width]:
//
//   u = ⌊h(h(place ⊕ k₁) + k₂) / 2⁸⌋ / 2²⁴,   m = kept if u < keep, else 0
//
// with the permutation h of 32 bits, lowbias32 of Wellons's hash-prospector.
//
//   inputs of a drop path   the factor of each image
//   inputs of dropout       the low and high 16 bits of k₁, those of k₂, keep, kept

fn mixed(bits: u32) -> u32 {
    var x = bits;
    x = (x ^ (x >> 16u)) * 0x7feb352du;
    x = (x ^ (x >> 15u)) * 0x846ca68bu;
    return x ^ (x >> 16u);
}

fn key(at: u32) -> u32 {
    return u32(inputs[at]) | (u32(inputs[at + 1u]) << 16u);
}

// The factor of the number at a place of an image, by the mask within inputs; dropout is 1 for such a mask.
fn factor(mask: u32, dropout: u32, image: u32, place: u32) -> f32 {
    if (dropout == 0u) {
        return inputs[mask + image];
    }
    let drawn = mixed(mixed(place ^ key(mask)) + key(mask + 2u)) >> 8u;
    return select(0.0, inputs[mask + 5u], f32(drawn) * 5.9604644775390625e-8 < inputs[mask + 4u]);
}

