using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Egress.Reasoning;

/// <summary>
/// A cache of the reasoning that a provider requires back with its tool calls: signed, redacted or encrypted, or as text. With it a
/// client whose format cannot carry reasoning can continue a tool loop. Entries are keyed by account, and restored for
/// that account only. Bounded to 64 MiB and one hour, and thread-safe; after an eviction the request goes out without the reasoning.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class ReasoningMemory(TimeProvider time)
{
    /// <summary>The lifetime of an entry after it was written or last used.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    /// <summary>The most bytes of reasoning that are kept.</summary>
    public const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>How often one state is restored in a request.</summary>
    private const int MostUses = 64;

    private readonly BoundedStore<ReasoningState> _states = new(MaxBytes / 4 * 3, KeptFor, time);

    /// <summary>The calls by id and name alone, to find those to whose arguments a client has added its defaults.</summary>
    private readonly BoundedStore<KeptArguments> _calls = new(MaxBytes / 4, KeptFor, time);

    /// <summary>Stores the reasoning state of a tool call.</summary>
    public void Keep(string account, FunctionCallContent call, ReasoningState state)
    {
        var arguments = ArgumentsOf(call);
        var key = KeyOf(account, call, arguments);
        _states.Set(key, state, state.Size);
        if (KeptArguments.Of(key, arguments) is { } written)
            _calls.Set(KeyOf(account, call), written, written.Size);
    }

    /// <summary>
    /// The request with the account's reasoning restored before the tool calls it belongs to; the same request if none is kept. The
    /// caller's own messages are not changed.
    /// </summary>
    public CanonicalChatRequest Restore(CanonicalChatRequest request, string account)
    {
        List<ChatMessage>? messages = null;
        var uses = new Dictionary<ReasoningState, int>(ReferenceEqualityComparer.Instance);
        // A turn of the model may come in several messages: a program that asks a person before it calls a function sends the reasoning in
        // one and the calls in the next. Formats that join them would get the reasoning twice.
        var hasOwnState = false;
        for (var i = 0; i < request.Messages.Count && !_states.IsEmpty; i++)
        {
            var message = request.Messages[i];
            hasOwnState = message.Role == ChatRole.Assistant && (hasOwnState || message.Contents.Any(HasOwnState));
            if (!hasOwnState && RestoreMessage(message, account, uses) is { } restored)
                (messages ??= [.. request.Messages])[i] = restored;
        }

        return messages is null ? request : request.With(messages);
    }

    private ChatMessage? RestoreMessage(ChatMessage message, string account, Dictionary<ReasoningState, int> uses)
    {
        if (message.Role != ChatRole.Assistant)
            return null;
        List<AIContent>? contents = null;
        var isFirst = true;
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var content = message.Contents[i];
            if (content is not FunctionCallContent call)
            {
                // Reasoning text echoed without its signature is removed: it repeats the restored text, and providers reject it.
                if (content is not TextReasoningContent)
                    contents?.Add(content);
                continue;
            }

            if (Find(account, call) is { } state && IsLeft(state, uses))
            {
                contents ??= [.. message.Contents.Take(i).Where(earlier => earlier is not TextReasoningContent)];
                contents.InsertRange(isFirst ? 0 : contents.Count, state.Before);
                call = state.Sign(call);
            }

            contents?.Add(call);
            isFirst = false;
        }

        if (contents is null)
            return null;
        var restored = message.Clone();
        restored.Contents = contents;
        return restored;
    }

    /// <summary>The state of the call; null if none is kept. The client may have added members to the arguments.</summary>
    private ReasoningState? Find(string account, FunctionCallContent call)
    {
        var arguments = ArgumentsOf(call);
        if (_states.TryGet(KeyOf(account, call, arguments), out var state))
            return state;
        return _calls.TryGet(KeyOf(account, call), out var kept) && kept.IsWithin(arguments)
            && _states.TryGet(kept.Key, out state)
                ? state
                : null;
    }

    /// <summary>Whether the client sent the state itself: then nothing is restored in that turn.</summary>
    private static bool HasOwnState(AIContent content) =>
        content is TextReasoningContent { ProtectedData: not null }
        || content.AdditionalProperties?.ContainsKey(CanonicalKeys.Signature) == true;

    /// <summary>
    /// Whether the state may be restored once more in this request. Providers that number their calls reuse ids, so one state may belong to
    /// several turns; but a history that repeats one call must not become as many copies of long reasoning.
    /// </summary>
    private static bool IsLeft(ReasoningState state, Dictionary<ReasoningState, int> uses)
    {
        var count = uses.GetValueOrDefault(state);
        uses[state] = count + 1;
        return count < MostUses;
    }

    /// <summary>The cache key. It covers name and arguments, so that a guessed or reused id alone does not find an entry.</summary>
    private static string KeyOf(string account, FunctionCallContent call, string arguments = "") => Convert.ToBase64String(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{account}\n{call.CallId}\n{call.Name}\n{arguments}")));

    /// <summary>
    /// The arguments in one notation: a client that keeps them as an object writes them with other escapes and spaces than the provider.
    /// </summary>
    private static string ArgumentsOf(FunctionCallContent call)
    {
        var text = ToolArguments.ToText(call);
        return WireJson.TryParse(Encoding.UTF8.GetBytes(text), out var arguments, out _) ? WireJson.ToJson(arguments) : text;
    }
}

/// <summary>The reasoning that a provider requires back with one tool call. Immutable.</summary>
/// <param name="Before">The reasoning before the call, in order.</param>
/// <param name="Signature">The signature on the call itself; null if it had none.</param>
/// <param name="Origin">The dialect that can read the signature.</param>
internal sealed record ReasoningState(IReadOnlyList<AIContent> Before, string? Signature, string? Origin)
{
    /// <summary>The approximate size in bytes.</summary>
    public long Size => 256 + ((Signature?.Length ?? 0) * 2L)
        + Before.OfType<TextReasoningContent>().Sum(content => 128 + ((content.Text.Length + (content.ProtectedData?.Length ?? 0)) * 2L));

    /// <summary>The call with its signature.</summary>
    public FunctionCallContent Sign(FunctionCallContent call)
    {
        if (Signature is null)
            return call;
        return new FunctionCallContent(call.CallId, call.Name, call.Arguments)
        {
            Exception = call.Exception,
            AdditionalProperties = new(call.AdditionalProperties ?? [])
            {
                [CanonicalKeys.Signature] = Signature,
                [CanonicalKeys.ReasoningOrigin] = Origin,
            },
        };
    }
}
