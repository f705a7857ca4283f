using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Switchyard.Tests.Docs.From;

/// <summary>The package of a vendor, as the pages' samples use it: it answers <c>Hello!</c>, with 10 input and 5 output tokens.</summary>
public sealed class MyVendorClient(string apiKey) : IChatClient
{
    private int _failures;

    /// <summary>The key it was created with.</summary>
    public string ApiKey { get; } = apiKey;

    public bool IsDisposed { get; private set; }

    /// <summary>The exception of the next calls; null for success.</summary>
    public Exception? Failure { get; set; }

    /// <summary>How often it was called.</summary>
    public int Calls { get; private set; }

    /// <summary>Makes this many of the next model lists fail.</summary>
    public void FailLists(int count) => _failures = count;

    /// <summary>The ids of its models.</summary>
    public Task<string[]> ListAsync(CancellationToken cancellationToken) => _failures-- > 0
        ? Task.FromException<string[]>(new HttpRequestException("It is busy.", null, HttpStatusCode.ServiceUnavailable))
        : Task.FromResult<string[]>(["my-small", "my-large"]);

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Calls++;
        return Failure is { } failure ? Task.FromException<ChatResponse>(failure) : Task.FromResult(
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "Hello!"))
            {
                ModelId = options?.ModelId,
                Usage = new() { InputTokenCount = 10, OutputTokenCount = 5, TotalTokenCount = 15 },
            });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => IsDisposed = true;
}
