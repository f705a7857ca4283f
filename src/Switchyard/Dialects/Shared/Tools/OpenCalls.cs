namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// The tool calls of a conversation that have no result yet, for formats in which a result may name its call by the function alone: the
/// first call of that name still open is meant. A client may send tens of thousands, so calls are looked up and not searched.
/// </summary>
internal sealed class OpenCalls
{
    private readonly Dictionary<string, Queue<Call>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<Call>> _byId = new(StringComparer.Ordinal);

    /// <summary>Adds a call.</summary>
    public void Add(string name, string id)
    {
        var call = new Call(id);
        Enqueue(_byName, name, call);
        Enqueue(_byId, id, call);
    }

    /// <summary>Takes the first call of this name that is open.</summary>
    /// <returns>Its id; null if there is none.</returns>
    public string? TakeNamed(string name) => Take(_byName, name);

    /// <summary>Takes the call of this id, if it is open.</summary>
    /// <returns>Its id; null if there is none.</returns>
    public string? TakeId(string id) => Take(_byId, id);

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _byName.Clear();
        _byId.Clear();
    }

    private static void Enqueue(Dictionary<string, Queue<Call>> calls, string key, Call call)
    {
        if (!calls.TryGetValue(key, out var queue))
            calls[key] = queue = [];
        queue.Enqueue(call);
    }

    private static string? Take(Dictionary<string, Queue<Call>> calls, string key)
    {
        if (!calls.TryGetValue(key, out var queue))
            return null;
        while (queue.TryDequeue(out var call))
        {
            // It may have been taken by its other key.
            if (call.IsTaken)
                continue;
            call.IsTaken = true;
            return call.Id;
        }

        return null;
    }

    private sealed class Call(string id)
    {
        public string Id { get; } = id;

        public bool IsTaken { get; set; }
    }
}
