namespace Switchyard.Calls;

/// <summary>The sender of a call, identified by its client key. Immutable; one object for each configured key.</summary>
public sealed class Caller
{
    /// <summary>An in-process caller, or a client of a gateway without keys.</summary>
    public static readonly Caller Anonymous = new("anonymous");

    internal Caller(string id) => Id = id;

    /// <summary>
    /// The id for logs and records, which does not reveal the key: <c>key-</c> and the first 8 hexadecimal digits of its SHA-256 hash;
    /// <c>anonymous</c> without a key.
    /// </summary>
    public string Id { get; }

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
