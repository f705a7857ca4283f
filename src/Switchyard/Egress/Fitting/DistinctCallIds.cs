using System.Globalization;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Makes the ids of tool calls distinct. Some servers restart the count in every answer (<c>call_0</c>) or send no ids; clients and
/// providers that pair a result with its call by the id alone then confuse calls, and Anthropic refuses such a history. One instance per
/// answer.
/// </summary>
internal sealed class DistinctCallIds
{
    private readonly HashSet<string> _taken;
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<(int Index, string Id, string Given)> _open = [];
    private readonly Dictionary<string, Queue<string>> _round = new(StringComparer.Ordinal);
    private bool _isAnswered;

    private DistinctCallIds(HashSet<string> taken) => _taken = taken;

    /// <summary>An instance that knows the ids in a request's history.</summary>
    public static DistinctCallIds Of(CanonicalChatRequest request) => new(new(IdsOf(request), StringComparer.Ordinal));

    /// <summary>
    /// The request with a distinct id for each call of the history; the same one if they are distinct already. The first call of an id
    /// keeps it, so that the bytes before a repeated one stay what they were.
    /// </summary>
    /// <param name="request">The request; it is not changed.</param>
    /// <param name="dialect">The target's format: items that its clients sent whole also hold the id that is replaced.</param>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, DialectId dialect)
    {
        var ids = IdsOf(request);
        if (ids.Count < 2)
            return request;
        var distinct = new HashSet<string>(ids, StringComparer.Ordinal);
        return distinct.Count == ids.Count
            ? request
            : request.With(new DistinctCallIds(distinct).Rename(request.Messages, CanonicalKeys.Raw(dialect)));
    }

    /// <summary>Gives the calls of an answer ids that neither the history nor another call of the answer has.</summary>
    public void Restore(IList<AIContent> contents)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i])
            {
                case ToolCallFragment { CallId: { } id } piece:
                    var given = Take(id);
                    _open.Add((piece.Index, id, given));
                    if (given != id)
                        contents[i] = With(piece, given);
                    break;
                case FunctionCallContent call:
                    var own = GivenTo(call);
                    BeginCall(call.CallId, own);
                    if (own != call.CallId)
                        contents[i] = With(call, own, withoutKey: null);
                    break;
                case FunctionResultContent result:
                    // A client in this process may have called the tool itself, and returns call and result.
                    _isAnswered = true;
                    contents[i] = Rename(result, _round, rawKey: null) ?? result;
                    break;
            }
        }
    }

    /// <summary>The same for a list that belongs to another object: a new list if something changes, else the same one.</summary>
    public IList<AIContent> Restored(IList<AIContent> contents)
    {
        if (!contents.Any(content => content is FunctionCallContent or FunctionResultContent or ToolCallFragment))
            return contents;
        List<AIContent> restored = [.. contents];
        Restore(restored);
        return restored.SequenceEqual(contents) ? contents : restored;
    }

    /// <summary>The ids of the history's calls, in order.</summary>
    private static List<string> IdsOf(CanonicalChatRequest request)
    {
        var ids = new List<string>();
        foreach (var message in request.Messages)
        {
            if (message.Role != ChatRole.Assistant)
                continue;
            foreach (var content in message.Contents)
            {
                if (content is FunctionCallContent call)
                    ids.Add(call.CallId);
            }
        }

        return ids;
    }

    private void BeginCall(string id, string given)
    {
        // Calls after results are another round, which has its own results.
        if (_isAnswered)
            _round.Clear();
        _isAnswered = false;
        if (!_round.TryGetValue(id, out var waiting))
            _round[id] = waiting = new();
        waiting.Enqueue(given);
    }

    /// <summary>The id of a whole call at the end of a stream: the one that its first piece got.</summary>
    private string GivenTo(FunctionCallContent call)
    {
        var index = call.AdditionalProperties?.TryGetValue(CanonicalKeys.ToolCallIndex, out var value) == true && value is int at ? at : -1;
        var place = _open.FindIndex(open => open.Index == index && open.Id == call.CallId);
        if (place < 0)
            return Take(call.CallId);
        var given = _open[place].Given;
        _open.RemoveAt(place);
        return given;
    }

    private string Take(string id) => id.Length > 0 && _taken.Add(id) ? id : Fresh(id);

    private string Fresh(string id)
    {
        // Counts from the last suffix: an untrusted client may send thousands of the same id.
        var count = _counts.GetValueOrDefault(id, 1);
        string fresh;
        do
            fresh = string.Create(CultureInfo.InvariantCulture, $"{(id.Length > 0 ? id : "call")}_{++count}");
        while (!_taken.Add(fresh));
        _counts[id] = count;
        return fresh;
    }

    private List<ChatMessage> Rename(IReadOnlyList<ChatMessage> messages, string rawKey)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        var round = new Dictionary<string, Queue<string>>(StringComparer.Ordinal);
        var isAnswered = false;
        var renamed = new List<ChatMessage>(messages.Count);
        foreach (var message in messages)
        {
            List<AIContent>? contents = null;
            for (var i = 0; i < message.Contents.Count; i++)
            {
                AIContent? changed = null;
                if (message.Contents[i] is FunctionCallContent call && message.Role == ChatRole.Assistant)
                {
                    // Calls after results are another round, which has its own results.
                    if (isAnswered)
                        round.Clear();
                    isAnswered = false;
                    changed = Rename(call, used, round, rawKey);
                }
                else if (message.Contents[i] is FunctionResultContent result)
                {
                    isAnswered = true;
                    changed = Rename(result, round, rawKey);
                }

                if (changed is not null)
                    (contents ??= [.. message.Contents])[i] = changed;
            }

            renamed.Add(contents is null ? message : With(message, contents));
        }

        return renamed;
    }

    private FunctionCallContent? Rename(
        FunctionCallContent call, HashSet<string> used, Dictionary<string, Queue<string>> round, string rawKey)
    {
        var id = used.Add(call.CallId) ? call.CallId : Fresh(call.CallId);
        if (!round.TryGetValue(call.CallId, out var waiting))
            round[call.CallId] = waiting = new();
        waiting.Enqueue(id);
        return id == call.CallId ? null : With(call, id, rawKey);
    }

    private static FunctionResultContent? Rename(FunctionResultContent result, Dictionary<string, Queue<string>> round, string? rawKey)
    {
        if (!round.TryGetValue(result.CallId, out var waiting))
            return null;
        // Of several calls with one id the first result belongs to the first call; surplus results belong to the last one.
        var id = waiting.Count > 1 ? waiting.Dequeue() : waiting.Peek();
        return id == result.CallId
            ? null
            : new FunctionResultContent(id, result.Result)
            {
                Exception = result.Exception,
                Annotations = result.Annotations,
                AdditionalProperties = Without(result.AdditionalProperties, rawKey),
                RawRepresentation = result.RawRepresentation,
            };
    }

    private static ChatMessage With(ChatMessage message, List<AIContent> contents)
    {
        var changed = message.Clone();
        changed.Contents = contents;
        return changed;
    }

    private static FunctionCallContent With(FunctionCallContent call, string id, string? withoutKey) => new(id, call.Name, call.Arguments)
    {
        Exception = call.Exception,
        InformationalOnly = call.InformationalOnly,
        Annotations = call.Annotations,
        AdditionalProperties = Without(call.AdditionalProperties, withoutKey),
        RawRepresentation = call.RawRepresentation,
    };

    private static ToolCallFragment With(ToolCallFragment piece, string id) => new()
    {
        Index = piece.Index,
        CallId = id,
        Name = piece.Name,
        Arguments = piece.Arguments,
        IsCustom = piece.IsCustom,
        AdditionalProperties = piece.AdditionalProperties,
    };

    private static AdditionalPropertiesDictionary? Without(AdditionalPropertiesDictionary? kept, string? key)
    {
        if (key is null || kept is null || !kept.ContainsKey(key))
            return kept;
        var others = new AdditionalPropertiesDictionary(kept);
        others.Remove(key);
        return others;
    }
}
