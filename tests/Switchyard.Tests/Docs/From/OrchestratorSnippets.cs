using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.Secrets;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/orchestrator.md, run by <see cref="OrchestratorTests"/>.</summary>
internal static class OrchestratorSnippets
{
    public static void AddProvider(IServiceCollection services, string apiKey)
    {
        // begin: orchestrator, provider
        services.AddSingleton<IClientExceptionReader, MyVendorErrors>();
        services.AddSwitchyard()
            .AddProvider("myprovider", new MyVendorClient(apiKey), null, "my-model");
        // end
    }

    public static async Task<ChatResponse> ChatAsync(IServiceProvider provider)
    {
        // begin: orchestrator, chat
        var chat = provider.GetRequiredKeyedService<IChatClient>("myprovider");
        var options = new ChatOptions { ModelId = "my-model", AdditionalProperties = new() { ["x-switchyard-tenant"] = "tenant-1" } };
        var answer = await chat.GetResponseAsync("Hi", options);
        var (output, total) = (answer.Text, answer.Usage?.TotalTokenCount);
        // end
        Assert.Equal(("Hello!", 15), (output, total));
        return answer;
    }

    public static async Task<string> TryAsync(IChatClient chat)
    {
        // begin: orchestrator, errors
        try
        {
            return (await chat.GetResponseAsync("Hi")).Text;
        }
        catch (CallException failure)
        {
            var error = failure.Error;
            var what = $"{error.Provider} answered {error.UpstreamStatus}, that is {error.Status} {error.WireCode}";
            return error.IsRetryable ? $"{what}, which may pass" : what;
        }
        // end
    }

    public static void AddSecrets(IServiceCollection services, MySecrets secrets)
    {
        // begin: orchestrator, secrets
        services.AddSwitchyard(options => options.Providers["openai"] = new())
            .AddSecretStore(secrets);
        // end
    }

    public static async Task RotateAsync(SwitchyardEngine engine, MySecrets secrets, CancellationToken cancellationToken)
    {
        // begin: orchestrator, rotation
        await secrets.SetAsync("provider:openai:apiKey", "sk-the-new-key", cancellationToken);
        await engine.RefreshSecretsAsync(cancellationToken);
        // end
    }

    public static async Task<string[]> UnitTestAsync()
    {
        // begin: orchestrator, unit test
        var client = new MyVendorClient("test-key");
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false)
            .AddProvider("myprovider", client, null, "my-model");
        await using var provider = services.BuildServiceProvider();
        var chat = provider.GetRequiredKeyedService<IChatClient>("myprovider");

        var answer = await chat.GetResponseAsync("Hi");
        client.Failure = new HttpRequestException("No.", null, HttpStatusCode.BadRequest);
        var failure = await Assert.ThrowsAsync<CallException>(() => chat.GetResponseAsync("Hi"));
        // end
        return [answer.Text, failure.Error.Status.ToString("D", null)];
    }
}

// begin: orchestrator, error mapping
/// <summary>Says what a vendor's exception means: whether another try, or another provider, may help follows from it.</summary>
public sealed class MyVendorErrors : IClientExceptionReader
{
    public ClientFailure? Read(Exception exception) => exception is MyVendorException vendor
        ? new ClientFailure(vendor.Status) { Code = vendor.Code, RetryAfter = vendor.RetryAfter }
        : null;
}
// end

// begin: orchestrator, secret store
/// <summary>A store of secrets. Nothing else is asked for a name that it knows.</summary>
public sealed class MySecrets : ISecretStore
{
    private readonly ConcurrentDictionary<string, string> _secrets = new();

    public string Name => "mine";

    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken) => new(_secrets.GetValueOrDefault(key));

    public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        _secrets[key] = value;
        return default;
    }

    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        _secrets.TryRemove(key, out _);
        return default;
    }
}
// end

/// <summary>The exception of the vendor's package.</summary>
public sealed class MyVendorException(int status, string code) : Exception("The vendor said no.")
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public TimeSpan? RetryAfter { get; init; }
}
