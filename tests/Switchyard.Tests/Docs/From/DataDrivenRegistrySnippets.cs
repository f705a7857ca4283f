using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/data-driven-registry.md, run by <see cref="DataDrivenRegistryTests"/>.</summary>
internal static class DataDrivenRegistrySnippets
{
    public static void Load(IServiceCollection services, string openRouterKey, string newProviderKey)
    {
        // begin: registry, load
        services.AddSwitchyard(options =>
        {
            options.Providers["openrouter"] = new() { Key = openRouterKey };
            options.Providers["newprovider"] = new()
            {
                BaseUrl = "https://api.newprovider.example/v1", Key = newProviderKey, Timeout = TimeSpan.FromSeconds(30), Priority = 23,
            };
            options.DefaultProvider = "openrouter";
        });
        // end
    }

    public static async Task<string?> AskAsync(SwitchyardEngine engine, IList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        // begin: registry, ask
        if (engine.FindProvider("openrouter") is not { IsEnabled: true, Problem: null })
            return null;
        var client = engine.GetChatClient("openrouter");
        var options = new ChatOptions { ModelId = "meta-llama/llama-3.3-70b-instruct", MaxOutputTokens = 100, Temperature = 0.7f };
        var answer = await client.GetResponseAsync(messages, options, cancellationToken);
        return answer.Text;
        // end
    }

    public static string[] List(SwitchyardEngine engine)
    {
        // begin: registry, list
        var available = string.Join(", ", engine.ProviderNames.Order());
        var failed = string.Join(", ", engine.Registry.LoadErrors.Select(error => $"{error.Key}: {error.Value}"));
        // end
        return [available, failed];
    }

    public static string[] LookUp()
    {
        // begin: registry, catalogue
        var catalogue = ProviderCatalog.Default;
        var name = catalogue.Normalize("hug");
        var timeout = catalogue.Find("near")?.FirstTokenTimeout;
        var searched = string.Join(", ", catalogue.AutoDetected);
        var chain = string.Join(", ", catalogue.Failover.From("fireworks"));
        var bound = string.Join(", ", catalogue.Failover.From("fireworks", "openai/gpt-4o"));
        // end
        return [name, timeout.ToString()!, searched, chain, bound];
    }

    public static async Task<string> StreamAsync(IChatClient client)
    {
        var text = "";
        // begin: registry, stream
        await foreach (var update in client.GetStreamingResponseAsync("Hello", new ChatOptions { ModelId = "openrouter/some-model" }))
            text += update.Text;
        // end
        return text;
    }

    public static void FailOver(IServiceCollection services)
    {
        // begin: registry, failover
        services.AddSwitchyard(options => options.Routing.Failover = true);
        // end
    }
}
