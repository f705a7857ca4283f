using System.Runtime.CompilerServices;

namespace Switchyard.Refinement.Requests;

/// <summary>
/// A refiner of the host's own. A request asks for it by its name, as for a provider; where it is preferred, also one that leaves the
/// choice open. Its answer is the host's word: it is not checked.
/// </summary>
public interface ISchemaRefiner
{
    /// <summary>Its name, as <see cref="RefinementChoice.Provider"/> names it.</summary>
    string Name { get; }

    /// <summary>Refines a schema.</summary>
    Task<SchemaRefinementResult> RefineSchemaAsync(SchemaRefinementRequest request, CancellationToken cancellationToken = default);

    /// <summary>Whether it can be asked now. One that says no is passed over where the choice was left open.</summary>
    Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>What it can do.</summary>
    RefinerCapabilities GetCapabilities();

    /// <summary>Refines a schema and tells its progress. As it is, one piece with the result.</summary>
    async IAsyncEnumerable<RefinementChunk> RefineSchemaStreamAsync(
        SchemaRefinementRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new("", Done: true, await RefineSchemaAsync(request, cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>What a refiner can do.</summary>
/// <param name="SupportsStreaming">Whether it tells its progress.</param>
/// <param name="SupportsJsonMode">Whether its model can be held to JSON.</param>
/// <param name="SupportsFunctionCalling">Whether its model calls functions.</param>
/// <param name="SupportsVision">Whether its model sees pictures.</param>
public sealed record RefinerCapabilities(
    bool SupportsStreaming = false, bool SupportsJsonMode = false, bool SupportsFunctionCalling = false, bool SupportsVision = false);
