// Steps of the tiled attention kernels that work on a thread's registers, which no function could reach. The host writes one out
// where a kernel says step_NAME(ARGUMENTS), with the words in capitals after its name replaced by them.

//: keep INDEX MATRIX FACTOR
// The block's rows of a matrix into workgroup memory. Neighbouring threads read neighbouring vectors.
  for (var i = 0u; i < 4u; i++) { // unroll
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

//: accumulate SUM
// SUM += the weights of the tile times its columns.
    for (var t = 0u; t < CT; t++) {
      for (var n = 0u; n < COLS; n++) { // unroll
        let c0 = columns[0][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c1 = columns[1][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c2 = columns[2][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        let c3 = columns[3][t].part[n * (CT / 4u) + x / 4u][x % 4u];
        for (var i = 0u; i < 4u; i++) { // unroll
          let weight = weights[i][y].by[t];
          SUM[i][n] = fma(vec4f(weight.x), c0, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.y), c1, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.z), c2, SUM[i][n]);
          SUM[i][n] = fma(vec4f(weight.w), c3, SUM[i][n]);
        }
      }
    }
