using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>
/// Keys and tenants as the commands change them: in the database, or through the admin API of a running gateway. What it yields is in both
/// cases what the admin API answers.
/// </summary>
internal interface IKeyDesk : IAsyncDisposable
{
    /// <summary>All of a kind: <c>keys</c> or <c>tenants</c>.</summary>
    Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>One.</summary>
    Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken);

    /// <summary>Makes one.</summary>
    Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken);

    /// <summary>Changes settings of one.</summary>
    Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken);

    /// <summary>Makes another key in place of one.</summary>
    Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken);

    /// <summary>Ends a key.</summary>
    Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Takes one away.</summary>
    Task DeleteAsync(string kind, string name, CancellationToken cancellationToken);
}
