// The gateway as one native file. Publish it with `dotnet publish samples/NativeGateway -c Release -o out`, then start out/NativeGateway.
// It reads switchyard.yaml in the working directory, if there is one; each argument is a setting over it:
// `out/NativeGateway server.urls=http://127.0.0.1:9000`.
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Providers.Catalogue;

var loaded = ConfigurationLoader.Load(new ConfigurationRequest
{
    Overrides = args,
    IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
    ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
    Dialects = [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value)],
});
foreach (var problem in loaded.Problems)
    Console.Error.WriteLine(problem);
if (loaded.Options is not { } options)
    return 1;
if (ListenAddressPolicy.Check(options.Server.Urls, options.Server.Keys.Count > 0, insecure: false) is { } reason)
{
    Console.Error.WriteLine(reason);
    return 1;
}

// Nothing but what a gateway needs: no appsettings, no second configuration beside switchyard.yaml.
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddSwitchyardConsole(json: options.Logs.Format == "json");
builder.WebHost.UseUrls(options.Server.Urls);
// The gateway checks server.max_body itself, and answers in the client's format.
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Server.ShutdownGrace);
builder.Services.AddSwitchyard(options);
builder.Services.AddSwitchyardGateway();

var app = builder.Build();
if (options.Server.PathBase is { Length: > 0 } path)
    app.UsePathBase(path);
app.UseSwitchyardCors();
app.UseSwitchyardFallback();
app.MapSwitchyard();
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Listening on {string.Join(", ", app.Urls)}"));
app.Run();
return 0;
