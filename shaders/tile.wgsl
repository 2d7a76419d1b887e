// A tile of a product of matrices: a workgroup of 64 threads makes 16 rows of 64 columns, a thread 4 by 4 of them.
//
//   sums[i][j] += Σ_k left[k, down + i] · right[k, across + j],   k < steps ≤ 16

var<workgroup> left: array<f32, 256>;
var<workgroup> right: array<f32, 1024>;

fn multiply(sums: ptr<function, array<vec4<f32>, 4>>, down: u32, across: u32, steps: u32) {
    for (var k = 0u; k < steps; k = k + 1u) {
        let from_right = k * 64u + across;
        let a = vec4<f32>(right[from_right], right[from_right + 1u], right[from_right + 2u], right[from_right + 3u]);
        let at = k * 16u + down;
        (*sums)[0] = (*sums)[0] + left[at] * a;
        (*sums)[1] = (*sums)[1] + left[at + 1u] * a;
        (*sums)[2] = (*sums)[2] + left[at + 2u] * a;
        (*sums)[3] = (*sums)[3] + left[at + 3u] * a;
    }
}

