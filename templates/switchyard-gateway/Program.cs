// A gateway: every OpenAI, Anthropic and Gemini client can point at it. Its settings are in appsettings.json, section "Switchyard".
// A provider is enabled by its usual key variable, such as OPENAI_API_KEY; until then the built-in mock answers.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSwitchyard(builder.Configuration.GetSection("Switchyard"));
builder.Services.AddSwitchyardGateway();

var app = builder.Build();
app.MapSwitchyard();
app.UseSwitchyardFallback(ownPathsOnly: true);
app.Run();
