using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>
/// Keys and tenants as the commands change them: in the database, or through the admin API of a running gateway. In both cases the
/// results have the form of the admin API's answers.
/// </summary>
internal interface IKeyDesk : IAsyncDisposable
{
    /// <summary>Lists all entries of a kind: <c>keys</c> or <c>tenants</c>.</summary>
    Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>Reads one entry.</summary>
    Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken);

    /// <summary>Creates an entry.</summary>
    Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken);

    /// <summary>Changes settings of an entry.</summary>
    Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken);

    /// <summary>Replaces a key's secret by a new one; the old one stays valid for <paramref name="grace"/>.</summary>
    Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken);

    /// <summary>Revokes a key.</summary>
    Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Deletes an entry.</summary>
    Task DeleteAsync(string kind, string name, CancellationToken cancellationToken);
}
