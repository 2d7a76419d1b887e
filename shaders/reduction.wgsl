// Two sums over a workgroup of 256 threads, the same in all of them.

var<workgroup> shares: array<vec2<f32>, 256>;

fn total(share: vec2<f32>, thread: u32) -> vec2<f32> {
    workgroupBarrier();
    shares[thread] = share;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half / 2u) {
        if (thread < half) {
            shares[thread] = shares[thread] + shares[thread + half];
        }
        workgroupBarrier();
    }
    return shares[0];
}
