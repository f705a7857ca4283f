// An application that asks models through a gateway, both run by Aspire. Start it with `dotnet run --project samples/AspireAppHost`; the
// address of Aspire's dashboard is printed. With `-- --containers true` gateway, PostgreSQL and Redis run in containers, which takes a
// container engine and the gateway's image.
var builder = DistributedApplication.CreateBuilder(args);
if (builder.Configuration["containers"] == "true")
    AddInContainers(builder);
else
    AddOnThisMachine(builder);
builder.Build().Run();

static void AddOnThisMachine(IDistributedApplicationBuilder builder)
{
    // The folder of this program: artifacts/bin/PROJECT/CONFIGURATION. The others are beside it.
    var output = new DirectoryInfo(AppContext.BaseDirectory);
    var program = Path.Combine(output.Parent!.Parent!.FullName, "Switchyard.Server", output.Name, "Switchyard.Server.dll");

    // begin: aspire executable
    var ai = builder.AddSwitchyardExecutable("ai", "dotnet", [program])
        .WithProvider("mock")
        .WithDataVolume();
    // end
    var fast = ai.AddModel("fast", "mock/mock-fast-model").WithFallback("mock/mock-model-v1");
    builder.AddProject<Projects.AspireChat>("chat", launchProfileName: null)
        .WithHttpEndpoint()
        .WithHttpHealthCheck("/health")
        .WithReference(ai).WithReference(fast)
        .WaitFor(ai);
}

static void AddInContainers(IDistributedApplicationBuilder builder)
{
    // begin: aspire
    var ledger = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("ledger");
    var redis = builder.AddRedis("redis");

    var ai = builder.AddSwitchyard("ai")
        .WithProvider("openai", builder.AddParameter("openai-key", secret: true))
        .WithLedger(ledger).WithRedis(redis).WithDataVolume()
        .WithSetting("cache.shared", "redis")
        .WaitFor(ledger);
    var fast = ai.AddModel("fast", "openai/gpt-4o-mini");

    builder.AddProject<Projects.AspireChat>("chat", launchProfileName: null)
        .WithHttpEndpoint()
        .WithReference(ai).WithReference(fast)
        .WaitFor(ai);
    // end

    // begin: aspire sdk environment
    builder.AddContainer("agent", "our-python-agent").WithSdkEnvironment(ai);
    // end
}
