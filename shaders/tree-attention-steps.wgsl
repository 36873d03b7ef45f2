// Part of the tiled attention kernels: steps that work on a thread's registers, which no function could reach. The host writes one out
// where a kernel says step_NAME(ARGUMENTS), with the words in capitals after its name replaced by them.

//: place ACROSS
// The workgroup's place among all, with ACROSS to each block of rows; and the thread's place in it.
  let index = p.first + group.x + group.y * groups.x;
  let blocks = (p.tokens + BLOCK - 1u) / BLOCK;
  if (index >= blocks * (ACROSS)) { return; }
  let x = thread % CT;
  let y = thread / CT;

//: queries
// The same where rows are queries: the block's rows, its head and the head of their keys.
  step_place(p.heads);
  let h = index % p.heads;
  let kv = h / (p.heads / p.kvHeads);
  let kept = h;
  let first = (blocks - 1u - index / p.heads) * BLOCK; // long rows begin first
  let last = min(first + BLOCK, p.tokens) - 1u;

//: keep INDEX MATRIX FACTOR
// The block's rows of a matrix into workgroup memory. Neighbouring threads read neighbouring vectors.
  for (var i = 0u; i < TR; i++) { // unroll
    for (var n = 0u; n < COLS; n++) { // unroll
      rows[INDEX][i][y].part[n * (CT / 4u) + x / 4u][x % 4u] =
        load_MATRIX(first + i * RT + y, kept, n * CT + x) * (FACTOR);
    }
  }

//: fetch MATRIX AT HEAD
// A tile's columns into registers, so that they arrive while something else is computed.
    for (var j = 0u; j < 4u * CT / RT; j++) { // unroll
      for (var n = 0u; n < COLS; n++) { // unroll
        held[j][n] = load_MATRIX(AT + j * RT + y, HEAD, n * CT + x);
      }
    }

//: put
// What was fetched into workgroup memory.
    for (var j = 0u; j < 4u * CT / RT; j++) { // unroll
      for (var n = 0u; n < COLS; n++) { // unroll
        columns[(j * RT + y) / CT][(j * RT + y) % CT].part[n * (CT / 4u) + x / 4u][x % 4u] = held[j][n];
      }
    }

//: products SCORE INDEX
// SCORE = the thread's products of the rows of a matrix with the columns: one vector per row.
    for (var i = 0u; i < TR; i++) { // unroll
      SCORE[i] = vec4f();
    }
    for (var c = 0u; c < (PARTS + 3u) / 4u; c++) {
      for (var d = 0u; d < 4u; d++) { // unroll
        let c0 = columns[0][x].part[c][d];
        let c1 = columns[1][x].part[c][d];
        let c2 = columns[2][x].part[c][d];
        let c3 = columns[3][x].part[c][d];
        let a = vec4f(c0.x, c1.x, c2.x, c3.x);
        let b = vec4f(c0.y, c1.y, c2.y, c3.y);
        let e = vec4f(c0.z, c1.z, c2.z, c3.z);
        let f = vec4f(c0.w, c1.w, c2.w, c3.w);
        for (var i = 0u; i < TR; i++) { // unroll
          let r = rows[INDEX][i][y].part[c][d];
          SCORE[i] = fma(vec4f(r.x), a, SCORE[i]);
          SCORE[i] = fma(vec4f(r.y), b, SCORE[i]);
          SCORE[i] = fma(vec4f(r.z), e, SCORE[i]);
          SCORE[i] = fma(vec4f(r.w), f, SCORE[i]);
        }
      }
    }

//: accumulate SUM
// SUM += the weights of the tile times its columns.
    for (var t = 0u; t < CT; t++) {
      for (var n = 0u; n < COLS; n++) { // unroll
        let c0 = columns[0][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c1 = columns[1][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c2 = columns[2][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c3 = columns[3][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        for (var i = 0u; i < TR; i++) { // unroll
          let weight = weights[i][y].by[t];
          SUM[i][n] = fma(vec4f(weight.x), c0, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.y), c1, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.z), c2, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.w), c3, SUM[i][n]);
        }
      }
    }
