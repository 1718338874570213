r"""Letters and words: what a letter of a formula means, and which fact of a :class:`~howwide.theory.Problem` it is.

The source papers use the same letter for different things and different letters for the same. In this package a letter
has one meaning; a formula is a function whose argument names are letters of this table, and so says what it needs.
``L`` alone depends on the statement: it counts what the statement counts (weight matrices or hidden layers).
"""

from dataclasses import dataclass

__all__ = ["SYMBOLS", "Symbol"]


@dataclass(frozen=True)
class Symbol:
    """One letter.

    Attributes:
        letter: as in code, the argument name of a formula.
        display: as in formula texts.
        fact: the field of :class:`~howwide.theory.Problem` that holds it.
        meaning: in words.
    """

    letter: str
    display: str
    fact: str
    meaning: str


_TABLE = (
    Symbol("n", "n", "n", "number of training examples"),
    Symbol("d", "d", "input_dim", "input dimension"),
    Symbol("k", "k", "output_dim", "number of outputs"),
    Symbol("B", "B", "batch_size", "examples in a step of stochastic gradient descent"),
    Symbol("L", "L", "depth", "depth: weight matrices or hidden layers, as the statement counts"),
    Symbol("m", "m", "width", "width of the hidden layers"),
    Symbol("alpha", "α", "alpha", "exponent of the output scale m^α"),
    Symbol(
        "eps", "ε", "target_loss", "target for the training loss, or for the test error where a statement is about it"
    ),
    Symbol("delta", "δ", "failure_probability", "probability with which the guarantee may fail"),
    Symbol("phi", "φ", "separation_across", "least distance of two inputs with different labels"),
    Symbol("phi_all", "φₐ", "separation_all", "least distance of any two inputs"),
    Symbol("gamma", "γ", "margin", "margin of the tangent features at the start, all trained layers together"),
    Symbol("gamma_2", "γ₂", "margin_shallow", "sup-norm margin of infinitely many neurons of one hidden layer"),
    Symbol("gamma_f", "γ_f", "margin_features", "sup-norm margin of random features (last hidden layer)"),
    Symbol("lam", "λ", "lambda_min", "least eigenvalue of the normalised tangent Gram at this width"),
    Symbol("lam_inf", "λ∞", "lambda_min_infinite", "least eigenvalue of the limit of the tangent Gram"),
    Symbol("lam_2", "λ₀", "lambda_min_shallow", "the same for one hidden layer under a frozen head"),
    Symbol(
        "lam_last",
        "λ_H",
        "lambda_min_last",
        "least eigenvalue of the Gram of the last hidden layer (smooth activation)",
    ),
    Symbol("R", "R", "radius", "radius of the per-layer balls of the linearised class, times the gradient scale"),
    Symbol("R_f", "R", "network_radius", "radius within which a network has every example's loss below ε"),
    Symbol("eps_F", "ε_F", "ntrf_loss", "ε_NTRF(R): least training loss in the linearised class of radius R"),
    Symbol("D", "D", "reference_distance", "distance of the reference weights from the start, all layers together"),
    Symbol("D_row", "D₂∞", "reference_row_distance", "largest distance of one neuron of the reference from its start"),
    Symbol("eps_ref", "ε*", "reference_loss", "training loss of the reference"),
    Symbol("spread", "s", "margin_spread", "√m times the largest share of one neuron in the direction of the margin"),
    Symbol("M2", "M₂", "gradient_norm_squared", "largest squared gradient norm of f over examples and visited weights"),
    Symbol("eps_app", "ε_app", "linearization_error", "largest error of the linearisation over the ball"),
    Symbol("kappa", "κ", "linearization_defect", "share of the loss that the linearisation costs along a run"),
    Symbol("energy", "yᵀKy", "label_energy", "quadratic form of the labels in the normalised tangent Gram"),
    Symbol("S", "yᵀΘ⁻¹y", "label_complexity", "quadratic form of the labels in the inverse of the limit Gram"),
    Symbol("S_2", "yᵀH⁻¹y", "label_complexity_shallow", "the same for one hidden layer under a frozen head"),
    Symbol("f_0", "B₀", "initial_output", "largest output of the network on an example at the start"),
    Symbol("loss_0", "L₀", "initial_loss", "training loss of the start"),
    Symbol("norm_0", "V₀", "initial_norm", "Frobenius norm of the first weights, all trained layers together"),
    Symbol("slope", "ℓ", "activation_slope", "largest slope of the activation"),
    Symbol("curvature", "β", "activation_curvature", "largest second derivative of the activation"),
    Symbol("bias", "b", "bias", "bias that every hidden neuron starts with"),
    Symbol("eta", "η", "step_size", "step size, in the parametrisation of the statement"),
    Symbol("T", "T", "num_steps", "number of steps"),
    Symbol("loss", "L_S", "training_loss", "training loss of the weights that are judged"),
    Symbol("online", "L_on", "online_loss", "mean loss of one-pass SGD on each example before its step"),
)

SYMBOLS: dict[str, Symbol] = {symbol.letter: symbol for symbol in _TABLE}
"""Every letter that a formula may use, besides ``C``, the constant that a paper hides."""
