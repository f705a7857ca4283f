using Switchyard.Common;

namespace Switchyard.Stored;

/// <summary>The answers without a database: the most recently used, up to 64 MiB, as long as the process runs. Thread-safe.</summary>
internal sealed class MemoryResponses(TimeProvider time) : IResponseStore
{
    private const long MaxBytes = 64 * 1024 * 1024;

    // The configuration sets the retention; this is its maximum.
    private readonly BoundedStore<KeptResponse> _kept = new(MaxBytes, TimeSpan.FromDays(365), time);

    public Task<IReadOnlyList<KeptResponse>> ChainAsync(string id, DateTimeOffset since, int most, CancellationToken cancellationToken)
    {
        List<KeptResponse> chain = [];
        for (var next = id; next is not null && chain.Count < most; next = chain[^1].Previous)
        {
            if (!_kept.TryGet(next, out var found) || found.At < since)
                break;
            chain.Add(found);
        }

        return Task.FromResult<IReadOnlyList<KeptResponse>>(chain);
    }

    public Task AddAsync(KeptResponse response, DateTimeOffset since, CancellationToken cancellationToken)
    {
        _kept.Set(response.Id, response, response.Input.Length + response.Answer.Length + 400);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        _kept.Remove(id);
        return Task.CompletedTask;
    }
}
