using Aspire.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;

namespace Switchyard.Aspire.Tests;

/// <summary>The C# of the packages' pages, compiled.</summary>
internal static class Snippets
{
    public static void AppHost(string[] args)
    {
        // begin: package of the app host
        var builder = DistributedApplication.CreateBuilder(args);

        var ai = builder.AddSwitchyard("ai")
            .WithProvider("openai", builder.AddParameter("openai-key", secret: true))
            .WithDataVolume();

        builder.AddProject("api", "../Api/Api.csproj")
            .WithReference(ai)
            .WaitFor(ai);

        builder.Build().Run();
        // end
    }

    public static void Application(string[] args)
    {
        // begin: package of the application
        var builder = WebApplication.CreateBuilder(args);
        builder.AddSwitchyardChatClient("ai");

        var app = builder.Build();
        app.MapGet("/ask", async (string question, IChatClient chat) => (await chat.GetResponseAsync(question)).Text);
        app.Run();
        // end
    }
}
