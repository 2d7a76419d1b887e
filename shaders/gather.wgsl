// The gradient of a feature map as the sum over those who read it:
//
//   g(x)[b, c, pixel] = Σ_reader what the reader's own gradient gives back, where a reader's ReLU was open
//
// One thread a number of g; nobody else writes it. Of a reader's table (24 words):
//
//   word  0 kind   1 whether through a ReLU   2 where its gradient is   3 4 height and width of what it wrote
//         5 weights   6 winners   7 factor   8 the window   16 the slope
//   kind  0 a dense convolution: ∂m at 2 within scratch
//         1 a depthwise one: Σ_tap D[c, tap] ∂m at the places that read the pixel; D at 5 within inputs
//         2 a mean: Σ ∂y / pixels under the window   3 a maximum: Σ ∂y where the pixel won; winners at 6 within values
//         4 a sum: factor · g at 2 within gradients
//         5 a concatenation of 3 channels: 6 channels from 5 on became those from 4 on, 7 apart
//         6 the head: ∂f at 2 within results, / pixels
//
//   item  1 g within gradients   2 whether there is something to add to   3 how many readers   8 the map x̂

fn depthwise(reader: u32, map: Map, plane: u32, pixel: u32) -> f32 {
    let window = window_at(reader + 8u);
    let height = items[reader + 3u];
    let width = items[reader + 4u];
    let place = vec2<i32>(i32(pixel / map.width), i32(pixel % map.width)) + window.padding;
    let weight = items[reader + 5u] + (plane % map.channels) * u32(window.kernel.x * window.kernel.y);
    let from_ = items[reader + 2u] + plane * height * width;
    var sum = 0.0;
    for (var i = 0; i < window.kernel.x; i = i + 1) {
        let ahead = place.x - i * window.dilation.x;
        let y = ahead / window.stride.x;
        if (ahead < 0 || y * window.stride.x != ahead || y >= i32(height)) {
            continue;
        }
        for (var j = 0; j < window.kernel.y; j = j + 1) {
            let beside = place.y - j * window.dilation.y;
            let x = beside / window.stride.y;
            if (beside < 0 || x * window.stride.y != beside || x >= i32(width)) {
                continue;
            }
            sum = sum + inputs[weight + u32(i * window.kernel.y + j)] * scratch[from_ + u32(y) * width + u32(x)];
        }
    }
    return sum;
}

// How many pixels lie under a place of the window along one axis.
fn reach(place: i32, kernel: i32, side: i32) -> i32 {
    return min(place + kernel, side) - max(place, 0);
}

fn pool(reader: u32, map: Map, plane: u32, pixel: u32) -> f32 {
    let window = window_at(reader + 8u);
    let z = slope_at(reader + 16u);
    let place = vec2<i32>(i32(pixel / map.width), i32(pixel % map.width)) + window.padding;
    let is_maximum = items[reader] == 3u;
    var sum = 0.0;
    for (var i = 0; i < window.kernel.x; i = i + 1) {
        let ahead = place.x - i;
        let y = ahead / window.stride.x;
        if (ahead < 0 || y * window.stride.x != ahead || y >= i32(z.height)) {
            continue;
        }
        for (var j = 0; j < window.kernel.y; j = j + 1) {
            let beside = place.y - j;
            let x = beside / window.stride.y;
            if (beside < 0 || x * window.stride.y != beside || x >= i32(z.width)) {
                continue;
            }
            let at = (plane * z.height + u32(y)) * z.width + u32(x);
            var share = 0.0;
            if (is_maximum) {
                share = select(0.0, 1.0, i32(stored(items[reader + 6u] + at)) == i * window.kernel.y + j);
            } else {
                let down = reach(ahead - window.padding.x, window.kernel.x, i32(map.height));
                let across = reach(beside - window.padding.y, window.kernel.y, i32(map.width));
                share = 1.0 / f32(down * across);
            }
            if (share != 0.0) {
                sum = sum + share * slope(z, plane % map.channels, at);
            }
        }
    }
    return sum;
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let group = id.x + id.y * grid.x;
    if (group >= call.groups) {
        return;
    }
    let item = find(group);
    let map = map_at(item + 8u);
    let pixels = map.height * map.width;
    let index = (group - items[item]) * 256u + thread;
    if (index >= call.batch * map.channels * pixels) {
        return;
    }
    let plane = index / pixels;
    let pixel = index % pixels;
    let channel = plane % map.channels;
    let opened = map.gate == 0u || is_open(map, normalized(stored(map.at + index), map.norm, channel), index);
    var sum = 0.0;
    if (items[item + 2u] == 1u) {
        sum = gradients[items[item + 1u] + index];
    }
    var reader = items[item + 31u];
    for (var i = 0u; i < items[item + 3u]; i = i + 1u) {
        if (opened || items[reader + 1u] == 0u) {
            let at = items[reader + 2u];
            switch items[reader] {
                case 0u: {
                    sum = sum + scratch[at + index];
                }
                case 1u: {
                    sum = sum + depthwise(reader, map, plane, pixel);
                }
                case 2u, 3u: {
                    sum = sum + pool(reader, map, plane, pixel);
                }
                case 4u: {
                    sum = sum + inputs[items[reader + 7u]] * gradients[at + index];
                }
                case 5u: {
                    let first = items[reader + 5u];
                    if (channel >= first && channel - first < items[reader + 6u]) {
                        let to = items[reader + 4u] + (channel - first) * items[reader + 7u];
                        let row = (plane / map.channels) * items[reader + 3u] + to;
                        sum = sum + gradients[at + row * pixels + pixel];
                    }
                }
                default: {
                    sum = sum + results[at + plane] / f32(pixels);
                }
            }
        }
        reader = reader + 24u;
    }
    gradients[items[item + 1u] + index] = sum;
}
