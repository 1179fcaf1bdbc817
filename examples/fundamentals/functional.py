# %% [markdown]
# # The fundamentals (functional style)
#
# A TensorFlow 1 program is made of a graph, a session, placeholders, variables and gradients. Each of them has a
# counterpart among plain functions, and this notebook puts the five side by side with what they become. Whoever can
# read one notebook can read the other.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt

# %% [markdown]
# ## The graph: a function, traced
#
# A function describes a computation. It computes when it is called; asked for its *jaxpr*, it gives the list of
# operations that a call would run.


# %%
def area(width, height):
    return width * height


print(jax.make_jaxpr(area)(3.0, 1.5))

# %% [markdown]
# ## The session: jit
#
# `jax.jit` compiles the list as one program, for the types and shapes it is called with. Results come in any shape:
# an array, a list, a dictionary.

# %%
sides_and_area = jax.jit(lambda width, height: {"area": area(width, height), "sides": [width, height]})
print(jax.tree.map(float, sides_and_area(3.0, 1.5)))

# %% [markdown]
# ## Placeholders: arguments
#
# What a run is fed is what a function is called with. A function that is called with another shape is compiled for
# that shape, once; one that lacks an argument says so, by name.


# %%
@jax.jit
def hypotenuse(x):
    return jnp.sqrt(x**2 + 4.0**2)


print(hypotenuse(3.0))
print(hypotenuse(jnp.array([[0.0, 3.0], [4.0, 8.0]])))
try:
    hypotenuse()
except TypeError as error:
    print(error)

# %% [markdown]
# ## Variables: a value that goes in and comes out
#
# Nothing lasts inside a function. What has to last is an argument and a result, and the caller keeps it; two callers
# do not see each other's.


# %%
@jax.jit
def more(count):
    return count + 1


first, second = jnp.zeros((), int), jnp.zeros((), int)
history = []
for _ in range(3):
    first = more(first)
    history.append(int(first))
print(history, second)

# %% [markdown]
# ## Gradients: functions of functions
#
# `jax.grad` takes a function and gives the function that is its slope, which is a function like any other: one can
# look at it, call it, and take *its* slope. It wants real numbers, where `tf.gradients` takes whole ones too.


# %%
def y(a, b):
    return a * b + b


slopes = jax.grad(y, argnums=(0, 1))
print([float(s) for s in slopes(5.0, 7.0)])
print(float(jax.grad(jax.grad(y, 0), 1)(5.0, 7.0)))

# %% [markdown]
# ## All five
#
# Descent on $x^2$: the function describes one step, $x$ goes in and comes out, the size of the step is an argument,
# and `grad` gives its direction. Since the step is a function, `scan` takes it 25 times in one program, and `vmap`
# does so for all sizes at once.


# %%
def descent(rate):
    def step(x, _):
        return x - rate * jax.grad(jnp.square)(x), x

    last, path = jax.lax.scan(step, 5.0, length=25)
    return jnp.append(path, last)


sizes = jnp.array([0.02, 0.1, 0.4, 0.95])
paths = jax.jit(jax.vmap(descent))(sizes)
{f"{size:.2f}": round(float(path[-1]), 4) for size, path in zip(sizes, paths, strict=True)}

# %%
for size, path in zip(sizes, paths, strict=True):
    plt.plot(path, "o-", markersize=3, label=f"steps of {size:.2f}")
plt.xlabel("steps")
plt.ylabel("x")
plt.title("Small steps take long; large ones leap over the bottom")
plt.legend()
plt.show()
