using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>What one path of the admin API does: the role it needs, and its description. Immutable.</summary>
/// <param name="Role">The lowest role that may use it.</param>
/// <param name="Summary">What it does, in a few words that begin with a capital letter and end without a full stop.</param>
internal sealed record AdminOperation(AdminRole Role, string Summary)
{
    /// <summary>Further explanation; null if the summary is enough.</summary>
    public string? Description { get; init; }

    /// <summary>The query parameters besides those of a page: the name and the meaning of each.</summary>
    public IReadOnlyList<(string Name, string Meaning)> Query { get; init; } = [];

    /// <summary>
    /// The schema of the body; null if none is read. Created when the description is requested: building the contracts of all bodies would
    /// make a start a hundred milliseconds longer.
    /// </summary>
    public Func<AdminSchema>? Body { get; init; }

    /// <summary>An example of the body, as JSON that can be sent unchanged.</summary>
    public string? Example { get; init; }

    /// <summary>The schema of the answer; null for none (204).</summary>
    public Func<AdminSchema>? Answer { get; init; }

    /// <summary>The media type of the answer.</summary>
    public string AnswerType { get; init; } = "application/json";

    /// <summary>Whether it creates a resource (201).</summary>
    public bool Creates { get; init; }

    /// <summary>Whether the answer is a page of a list: <c>limit</c> and <c>cursor</c>.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether it changes a resource that has a version: <c>If-Match</c> is then checked, and changes run one at a time.</summary>
    public bool IsVersioned { get; init; }

    /// <summary>
    /// Whether nothing is changed despite the method, so that nothing is written to the audit log. GET and HEAD never change anything.
    /// </summary>
    public bool OnlyReads { get; init; }
}

/// <summary>One path of the admin API.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Pattern">Its path, with names in braces.</param>
/// <param name="Operation">Its role and description.</param>
internal sealed record AdminRoute(string Method, string Pattern, AdminOperation Operation)
{
    /// <summary>Whether it may change something.</summary>
    public bool Changes => Method != "GET" && !Operation.OnlyReads;

    /// <summary>Method and path.</summary>
    public override string ToString() => $"{Method} {Pattern}";
}
