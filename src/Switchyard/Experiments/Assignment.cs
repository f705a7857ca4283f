using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Experiments;

/// <summary>
/// Maps the unit of a call to a number from 0 to 1. It is a hash, so that every node assigns the same way, also after a restart; it
/// includes the experiment's name, so that two experiments divide the same users differently.
/// </summary>
internal static class Assignment
{
    public static StickyUnit Parse(string name) => name switch
    {
        "conversation" => StickyUnit.Conversation,
        "end_user" => StickyUnit.EndUser,
        "caller" => StickyUnit.Caller,
        _ => StickyUnit.Call,
    };

    /// <summary>The seed of an experiment.</summary>
    public static long SeedOf(string experiment) => (long)(Hash(experiment, seed: 0) ?? 0);

    /// <summary>The number of a call; random if the call has no value for the unit.</summary>
    public static double PointOf(ModelCall call, StickyUnit unit, long seed, Random random)
    {
        var hash = unit switch
        {
            StickyUnit.Conversation => OfConversation(call, seed),
            StickyUnit.EndUser when call.Envelope.EndUser is { Length: > 0 } user => Hash(user, seed),
            // All callers without a key have one id, so all of them would be in one variant.
            StickyUnit.Caller when call.Caller.Id != Caller.Anonymous.Id => Hash(call.Caller.Id, seed),
            _ => null,
        };
        // A double holds the upper 53 bits exactly.
        return hash is { } found ? (found >> 11) * (1.0 / (1UL << 53)) : random.NextDouble();
    }

    /// <summary>Reads the request, at the cost of translating it: no header names the conversation.</summary>
    private static ulong? OfConversation(ModelCall call, long seed)
    {
        if (call.Body.Streamed is not null || call.Envelope.Operation is not (CallOperation.Chat or CallOperation.Compaction))
            return null;
        CanonicalChatRequest? chat;
        try
        {
            chat = call.Body.GetCanonical() as CanonicalChatRequest;
        }
        catch (CallException)
        {
            // Not a valid request of its format. The step that sends it reports the error.
            return null;
        }

        if (chat is null)
            return null;
        var hash = (ulong)seed;
        Add(call.Envelope.EndUser);
        Add(chat.Options.Instructions);
        foreach (var message in chat.Messages)
        {
            Add(message.Text);
            if (message.Role == ChatRole.User)
                break;
        }

        return hash == (ulong)seed ? null : hash;

        void Add(string? text) => hash = Hash(text, (long)hash) ?? hash;
    }

    private static ulong? Hash(string? text, long seed) =>
        string.IsNullOrEmpty(text) ? null : XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()), seed);
}
