using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>What one path of the admin API is for: who may use it, and what its description says. Immutable.</summary>
/// <param name="Role">Who may use it.</param>
/// <param name="Summary">What it does, in a few words that begin with a capital letter and end without a full stop.</param>
internal sealed record AdminOperation(AdminRole Role, string Summary)
{
    /// <summary>What else there is to know.</summary>
    public string? Description { get; init; }

    /// <summary>What the query may say, beside the page of a list: the name, and what it is.</summary>
    public IReadOnlyList<(string Name, string Meaning)> Query { get; init; } = [];

    /// <summary>
    /// What the body must be; null where none is read. Asked for when somebody reads the description: making the contracts of all bodies
    /// would take a start a hundred milliseconds.
    /// </summary>
    public Func<AdminSchema>? Body { get; init; }

    /// <summary>A body that can be sent as it is, as JSON.</summary>
    public string? Example { get; init; }

    /// <summary>What is answered; null for nothing (204).</summary>
    public Func<AdminSchema>? Answer { get; init; }

    /// <summary>The media type of the answer.</summary>
    public string AnswerType { get; init; } = "application/json";

    /// <summary>Whether something new is made (201).</summary>
    public bool Creates { get; init; }

    /// <summary>Whether the answer is a page of a list: <c>limit</c> and <c>cursor</c>.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether it changes something that has a version: <c>If-Match</c> is then looked at, and changes take turns.</summary>
    public bool IsVersioned { get; init; }

    /// <summary>
    /// Whether nothing is changed, whatever the method: it is then not written into the audit log. GET and HEAD never are.
    /// </summary>
    public bool OnlyReads { get; init; }
}

/// <summary>One path of the admin API.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Pattern">Its path, with names in braces.</param>
/// <param name="Operation">What it is for.</param>
internal sealed record AdminRoute(string Method, string Pattern, AdminOperation Operation)
{
    /// <summary>Whether it may change something.</summary>
    public bool Changes => Method != "GET" && !Operation.OnlyReads;

    /// <summary>Method and path.</summary>
    public override string ToString() => $"{Method} {Pattern}";
}
