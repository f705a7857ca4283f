using System.IO.Enumeration;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Identity;

/// <summary>The models and operations that one key, or one tenant, may use. Immutable and thread-safe.</summary>
internal sealed class AllowList
{
    /// <summary>The list of a scope; absent if everything is allowed.</summary>
    public static readonly SlotKey<AllowList> Slot = new();

    private const int MostShown = 10;

    private readonly string _whose;
    private readonly string[] _models;
    private readonly string[] _patterns;
    private readonly string[] _operations;
    private readonly bool[]? _allowed;

    private AllowList(string whose, string[] models, string[] operations, Func<string, string>? nameOf)
    {
        (_whose, _models, _operations) = (whose, models, operations);
        _patterns = TargetNames.WithRegistered(models, nameOf);
        if (operations.Length > 0)
            _allowed = [.. Enum.GetValues<CallOperation>().Select(operation => IsAllowed(operation, operations))];
    }

    /// <summary>Creates the list; null if it allows everything.</summary>
    /// <param name="whose">The owner of the list, for messages.</param>
    /// <param name="models">The patterns of models; empty for all.</param>
    /// <param name="operations">The operations; empty for all.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under; null leaves names unchanged.</param>
    public static AllowList? From(
        string whose,
        IReadOnlyCollection<string> models,
        IReadOnlyCollection<string> operations,
        Func<string, string>? nameOf = null) =>
        models.Count + operations.Count == 0
            ? null
            : new(whose, [.. models.Select(model => model.Trim())], [.. operations.Select(operation => operation.Trim())], nameOf);

    /// <summary>Whether it restricts models.</summary>
    public bool NamesModels => _models.Length > 0;

    /// <summary>The reason why an operation is refused; null if it is allowed.</summary>
    public CallError? Refuse(CallOperation operation) => _allowed is null || _allowed[(int)operation] ? null : new(
        CallErrorKind.Forbidden,
        $"The {_whose} may not be used for {CallOperations.Name(operation)}, only for: {string.Join(", ", _operations)}. "
            + "Ask the gateway's operator if it should.")
    {
        Code = "operation_not_allowed",
    };

    /// <summary>The refusal of a model.</summary>
    public CallError Refuse(string model) => new(
        CallErrorKind.Forbidden,
        $"The {_whose} may not call '{Sanitizer.Clean(ModelNames.Shown(model))}'. It may call: {string.Join(", ", _models.Take(MostShown))}"
            + $"{(_models.Length > MostShown ? ", …" : "")}. Ask for one of these, or ask the gateway's operator to allow it.")
    {
        Code = "model_not_allowed",
        Param = "model",
    };

    /// <summary>
    /// The allowed part of a route: all of it if the requested name, an alias or a model, is allowed; else the targets that are allowed by
    /// their own names. Null if nothing is allowed.
    /// </summary>
    /// <param name="route">The part of the route that other lists allow.</param>
    /// <param name="asked">The requested route, which tells whether the name is an alias or a model.</param>
    public Route? Narrow(Route route, Route asked) =>
        _models.Length == 0 || (!IsTargetsName(asked) && Names(asked.Alias)) ? route : route.Narrowed(target => Names(NameOf(target)));

    /// <summary>Whether a model may be called by its name or by one of its targets.</summary>
    public bool Allows(string name, IReadOnlyList<string> targets) => _models.Length == 0 || Names(name) || targets.Any(Names);

    /// <summary>Whether a target may be called by its own name, <c>provider/model</c>.</summary>
    public bool AllowsTarget(string name) => _models.Length == 0 || Names(name);

    private static string NameOf(Deployment target) => $"{target.Provider}/{target.Model}";

    /// <summary>Whether the requested name is a target's own: then a target that replaces it must be allowed itself.</summary>
    private static bool IsTargetsName(Route route) =>
        string.Equals(route.Alias, NameOf(route.Groups[0].Deployments[0]), StringComparison.OrdinalIgnoreCase);

    private bool Names(string name)
    {
        foreach (var pattern in _patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The reason why a batch is refused without a list of operations: its file names models, and the gateway does not read it. Null if all
    /// models are allowed, or if a list of operations decides.
    /// </summary>
    public CallError? RefuseBatch() => _models.Length == 0 || _allowed is not null ? null : new(
        CallErrorKind.Forbidden,
        $"The {_whose} may call certain models only, and a batch names its models in its file, which is not read here. "
            + "Ask the gateway's operator to name 'batch' among the operations if it may all the same.")
    {
        Code = "operation_not_allowed",
    };

    // Counting a prompt's tokens belongs to chat and costs nothing; so does reading one's own stored answer. Agents compact their own
    // conversations, and fail in the middle of their work if they may not.
    private static bool IsAllowed(CallOperation operation, string[] operations) =>
        operations.Contains(CallOperations.DataName(operation), StringComparer.OrdinalIgnoreCase)
        || (operation is CallOperation.CountTokens or CallOperation.StoredResponse or CallOperation.Compaction
            && operations.Contains("chat", StringComparer.OrdinalIgnoreCase));
}
