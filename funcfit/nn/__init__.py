"""Small pure building blocks: a layer is a pair of functions, and a network is a layer.

    net = sequential(dense(32), relu, dropout(0.1), dense(10))
    params, carry = net.init(key, (64,))        shapes are those of one row
    logits = net(params, x)                     `x` has a batch in front; with a key, dropout is on

layer.py      Layer, of a function; sequential and residual, which are made of others; dropout
linear.py     dense, conv, pools, flatten, embedding
norms.py      layer_norm, and batch_norm, whose running moments are its carry
attention.py  attention and the weights it sees with, positions
recurrent.py  lstm, gru
draws.py      first parameters: random numbers that nothing is compiled for
"""

from .attention import attention as attention
from .attention import attention_weights as attention_weights
from .attention import positions as positions
from .layer import Layer as Layer
from .layer import dropout as dropout
from .layer import of as of
from .layer import relu as relu
from .layer import residual as residual
from .layer import sequential as sequential
from .layer import tanh as tanh
from .linear import avg_pool as avg_pool
from .linear import conv as conv
from .linear import dense as dense
from .linear import embedding as embedding
from .linear import flatten as flatten
from .linear import max_pool as max_pool
from .norms import batch_norm as batch_norm
from .norms import layer_norm as layer_norm
from .recurrent import gru as gru
from .recurrent import lstm as lstm
